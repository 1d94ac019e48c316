"""Generated data, and loaders for public files at hand."""

from sktransfer._core.tables import TableError, parse_numbers
from sktransfer.datasets._load_features import (
    load_office_caltech,
    load_online_shoppers,
)
from sktransfer.datasets._load_markets import load_wsdmcup22, load_xmarket
from sktransfer.datasets._load_movielens import load_movielens100k
from sktransfer.datasets._load_new_users import load_ml20m, load_msd
from sktransfer.datasets._load_products import (
    load_mwpd,
    load_newsgroups20,
    load_pricerunner,
)
from sktransfer.datasets._load_reviews import (
    load_amazon_reviews,
    load_chinese_hotels,
    load_cls10,
    load_muse_dictionary,
)
from sktransfer.datasets._load_sessions import load_cross_domain, load_yoochoose
from sktransfer.datasets._make_markets import make_market_interactions
from sktransfer.datasets._make_reviews import make_bilingual_reviews
from sktransfer.datasets._read_table import read_table
from sktransfer.datasets._write_table import write_table

__all__ = [
    "TableError",
    "load_amazon_reviews",
    "load_chinese_hotels",
    "load_cls10",
    "load_cross_domain",
    "load_ml20m",
    "load_movielens100k",
    "load_msd",
    "load_muse_dictionary",
    "load_mwpd",
    "load_newsgroups20",
    "load_office_caltech",
    "load_online_shoppers",
    "load_pricerunner",
    "load_wsdmcup22",
    "load_xmarket",
    "load_yoochoose",
    "make_bilingual_reviews",
    "make_market_interactions",
    "parse_numbers",
    "read_table",
    "write_table",
]
