"""Whatever the bytes, the engine answers: files, fingerprints, or one sentence. `make fuzz SECONDS=600`."""
