"""Sets the stage for a run: free ports, brokers and parts as processes, each ended again."""
