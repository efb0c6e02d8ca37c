"""What is run: CPython's own tests of socketserver and of all that the standard library builds on it, and how."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """A module of CPython's tests; of some only the classes whose servers are socketserver's."""

    module: str
    classes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The module without its package."""
        return self.module.rpartition(".")[2]


SUITES = (
    Suite("test.test_socketserver"),
    Suite("test.test_httpservers"),
    Suite("test.test_xmlrpc"),
    Suite("test.test_docxmlrpc"),
    Suite("test.test_wsgiref"),
    Suite(
        "test.test_logging",
        (
            "SocketHandlerTest",
            "UnixSocketHandlerTest",
            "DatagramHandlerTest",
            "UnixDatagramHandlerTest",
            "SysLogHandlerTest",
            "UnixSysLogHandlerTest",
            "IPv6SysLogHandlerTest",
            "HTTPHandlerTest",
            "ConfigDictTest",  # `logging.config.listen`
        ),
    ),
    Suite("test.test_urllib2_localnet"),
    Suite("test.test_imaplib"),
)

LEFT_OUT = "test_socketserver.MiscTestCase.test_all"
"""The one check that is not run: it wants the module to be called "socketserver"."""

MODES = {
    "plain": "nobody watches",
    "watched": "an observer overrides every hook of every server",
    "recorded": "a recorder alone watches every server: its facts take the short path",
}
