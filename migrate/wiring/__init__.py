"""kmig.yaml into sites, Connect clusters and stores: the composition root."""
