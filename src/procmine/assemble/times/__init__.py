"""Times of the exports: read in their zones, dates placed in their day, clocks compared."""
