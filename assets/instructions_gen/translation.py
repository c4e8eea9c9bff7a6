def make(seed):
    return {}
