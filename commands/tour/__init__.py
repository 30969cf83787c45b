"""The parts of `demo`: each plays a scene on a real desk and tells what its journal and its actors show."""
