"""Networks of the plate reader, trained on what we draw; the training itself needs the extra `train`."""
