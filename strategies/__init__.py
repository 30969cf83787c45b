"""Strategies to start from: `python run.py paper --strategy strategies.cautious:Cautious`."""
