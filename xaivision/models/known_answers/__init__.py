"""Networks for sets with known answers: trained, trained against attacks, and built by hand."""
