package dev.ambit.waypoint.proxy;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.LongSupplier;

/// The `date` of responses (RFC 9110 section 5.6.7), written once per second. One per loop.
public final class HttpDate {
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private final LongSupplier micros;
    private long second = Long.MIN_VALUE;
    private String text = "";

    /// @param micros of the wall clock
    public HttpDate(LongSupplier micros) {
        this.micros = micros;
    }

    public String now() {
        long current = Math.floorDiv(micros.getAsLong(), 1_000_000L);
        if (current != second) {
            second = current;
            text = FORMAT.format(Instant.ofEpochSecond(current));
        }
        return text;
    }
}
