"""Rules of a shop on ranked items: caps, shares, filters, boosts, diversity."""
