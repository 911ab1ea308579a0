package dev.ambit.hbone;

import io.netty.util.AsciiString;

/// The headers of HBONE, lower case as HTTP/2 wants them.
final class HeaderNames {
    static final AsciiString CONNECT = AsciiString.cached("CONNECT");
    static final AsciiString BAGGAGE = AsciiString.cached("baggage");
    static final AsciiString FORWARDED = AsciiString.cached("forwarded");
    static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");
    static final AsciiString FORWARDED_NETWORK = AsciiString.cached("x-forwarded-network");
    static final AsciiString SOURCE = AsciiString.cached("x-istio-source");

    private HeaderNames() {}
}
