/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the sketches that include/gatepost/sketch.h writes; floating point, so the agent only. */
#ifndef GATEPOST_HLL_H
#define GATEPOST_HLL_H

#include <gatepost/abi.h>

/**
 * gp_hll_estimate() - how many distinct values a sketch has seen (Flajolet, Fusy, Gandouet, Meunier 2007).
 *
 * Below 2.5 registers' worth, linear counting over the empty registers. The hash has 64 bits, so the correction
 * for a nearly full hash space is not needed. May be called while the sketch is being written.
 *
 * Return: the estimate, standard error 13 %; 0 for an empty sketch.
 */
double gp_hll_estimate(const struct gp_hll *hll);

#endif
