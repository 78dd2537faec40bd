"""Who and where: people, organisations, sites, closures, access, keys."""
