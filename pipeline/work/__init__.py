"""Heavy work in parallel, with progress, resumable, on one machine or a cluster."""
