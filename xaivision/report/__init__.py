"""Floor 5, presenting: reads results and draws, tabulates and stores them. It computes no explanation and no metric."""
