"""The parts of the page that finetunes on instructions."""
