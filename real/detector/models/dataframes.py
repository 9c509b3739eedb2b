"""Libraries with the data frames of pandas: Dask, Modin, GeoPandas, cuDF."""

from __future__ import annotations

from real.detector.models.kinds import Kind
from real.detector.models.rows import Library, arg, sinks

LIBRARY = Library(
    "dataframes",
    "",
    (
        *sinks(
            Kind.EXPRESSION,
            arg(0, "expr"),
            "dask.dataframe.**.query",
            "modin.pandas.**.query",
            "geopandas.**.query",
            "cudf.**.query",
        ),
    ),
    unchecked="several libraries, checked as pandas",
)
