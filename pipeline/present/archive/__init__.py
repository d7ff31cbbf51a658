"""What archives and programs are told of the published figures: DataCite, schema.org, DDI-Codebook, CSV on the Web."""
