// SPDX-License-Identifier: GPL-2.0-or-later
#include "do.h"

#define DOES(name) { name##_begin, name##_wake, NULL }

const struct behaviour behaviours[BEHAVIOURS] = {
	[DO_BROWSE] = DOES(browse),
	[DO_SPAM] = DOES(spam),
	[DO_MTA] = DOES(mta),
	[DO_RECEIVE] = DOES(receive),
	[DO_SUBMIT] = DOES(submit),
	[DO_POLL_MAIL] = DOES(poll),
	[DO_SCAN] = DOES(scan),
	[DO_FORCE] = DOES(force),
	[DO_PROBE] = DOES(probe),
	[DO_FLOOD] = DOES(flood),
	[DO_PERIODIC] = DOES(periodic),
	[DO_PEER] = DOES(peer),
	[DO_PLAY] = DOES(play),
	[DO_CRAWL] = DOES(crawl),
	[DO_BACKSCATTER] = DOES(backscatter),
	[DO_SPOOFED] = DOES(spoofed),
	[DO_OUTAGE] = DOES(outage),
	[DO_CAMPAIGN] = { campaign_begin, campaign_wake, campaign_errand },
	[DO_RANGE_BROWSE] = DOES(range_browse),
	[DO_RANGE_READERS] = DOES(range_readers),
	[DO_RANGE_MAILBOX] = DOES(range_mailbox),
	[DO_RANGE_CRAWL] = DOES(range_crawl),
	[DO_RANGE_SCAN] = DOES(range_scan),
	[DO_RANGE_SNOWSHOE] = DOES(range_snowshoe),
	[DO_RANGE_MTA] = DOES(range_mta),
	[DO_RANGE_ROBOT] = DOES(range_robot),
};
