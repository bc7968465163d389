/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do the addresses of a range share its requests as one machine would share them out, and do they speak alike? Pure
 * mathematics: counts in, numbers out.
 */
#ifndef GATEPOST_UNIFORMITY_H
#define GATEPOST_UNIFORMITY_H

#include <stddef.h>

#include <linux/types.h>

/* Requests of each address; those without a request may be left out of counts, and are part of k. */
struct gp_uniformity {
	double n;	   /* requests */
	double distinct;   /* addresses with one at least */
	double k;	   /* addresses that there are taken to be: distinct or more */
	double dispersion; /* D = sum (c_i - n/k)^2 / ((k-1) n/k): 1 when each request draws its address; 0 in turns */
	double entropy;	   /* -sum p_i ln p_i / ln min(n, k) */
	double expected_distinct; /* U = k (1 - (1 - 1/k)^n) */
	double no_repeat;  /* R0 = prod_{i<n} (1 - i/k): chance that no address comes twice */
	double llr;	   /* uniform against a Dirichlet-multinomial pool with a = 0.5, nats */
};

/**
 * gp_uniformity() - all of it for one range.
 * @k: addresses that there are; less than those in use counts as those.
 *
 * With n = 0 all is 0; with k = 1 nothing can be told: dispersion and entropy are 1, llr is 0.
 */
void gp_uniformity(struct gp_uniformity *out, const __u32 *counts, size_t count, double k);

/**
 * gp_fleet_estimate() - how many addresses one machine draws from that showed @distinct ones in @n requests.
 * @most: there are no more, the size of the prefix.
 *
 * The k with k (1 - (1 - 1/k)^n) = distinct. Without a repetition there is none: then the least k that makes none
 * in n as likely as 5 %, or @most. Return: at least @distinct.
 */
double gp_fleet_estimate(double distinct, double n, double most);

/* D in standard deviations of what one machine shows, by the cube root of Wilson and Hilferty 1931; k = 1: 0. */
double gp_dispersion_score(const struct gp_uniformity *u);

/* Observations of one kind of face (TLS, TCP, program) in a range, and its share in everybody else's. */
struct gp_share {
	double count;	   /* may be fractions */
	double background; /* above 0 */
};

/**
 * gp_coherence() - do the addresses show one face, or the mixture that everybody shows?
 *
 * sum_f c_f ln(p_f / q_f) - (K - 1) / 2 ln n, with p_f = c_f / n: what a model of their own for these n gains over the
 * background, less its price (Schwarz 1978). Return: nats; 0 without observations.
 */
double gp_coherence(const struct gp_share *shares, size_t count);

#endif
