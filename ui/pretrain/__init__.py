"""The views of the Pretrain page, and their parts."""
