package dev.ambit.waypoint.http2;

/// What makes a header block unusable, though its compression is sound.
///
/// @param code of the RST_STREAM
/// @param details Envoy's words
/// @param cause value, expectation and likely cause, for the log
/// @param limit whether it is too much rather than malformed: always the stream's own trouble
record Broken(int code, String details, String cause, boolean limit) {
    static final String HEADER = "http2.invalid.header.field";
    static final String MESSAGING = "http2.violation.of.messaging.rule";
    static final String TOO_LARGE = "http2.header_list_size_too_large";
    static final String TOO_MANY = "http2.too_many_headers";
    static final String UNDERSCORE = "http2.unexpected_underscore";
}
