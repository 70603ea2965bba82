"""How what ranks and completes prototypes is made: lessons, records, learned types."""
