"""The composition root: builds adapters for both sites, Connect clusters and stores from kmig.yaml."""
