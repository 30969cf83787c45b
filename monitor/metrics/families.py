"""Metric families with our prefix, from plain mappings."""

from collections.abc import Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from core.spread import Spread

PREFIX = "micro_lightning_"


def gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """One gauge for each value of one label."""
    family = GaugeMetricFamily(PREFIX + name, text, labels=(label,))
    for one, value in values.items():
        family.add_metric((one,), value)
    return family


def counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value=value)


def counters(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """One counter for each value of one label."""
    return table(name, text, (label,), {(one,): value for one, value in values.items()})


def table(name: str, text: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]) -> Metric:
    """One counter for each row of label values."""
    family = CounterMetricFamily(PREFIX + name, text, labels=labels)
    for row, value in values.items():
        family.add_metric(row, value)
    return family


def histogram(name: str, text: str, spread: Spread) -> Metric:
    return HistogramMetricFamily(PREFIX + name, text, buckets=spread.buckets(), sum_value=spread.total)
