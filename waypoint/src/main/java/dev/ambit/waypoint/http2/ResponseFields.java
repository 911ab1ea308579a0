package dev.ambit.waypoint.http2;

import dev.ambit.waypoint.http.ResponseHead;
import dev.ambit.waypoint.model.HttpOptions;
import org.jspecify.annotations.Nullable;

/// A response's head, final or interim (RFC 9113 section 8.3.2).
final class ResponseFields extends FieldCollector {
    private int status;

    ResponseFields(int maxBytes, int maxFields) {
        super(maxBytes, maxFields, HttpOptions.Underscores.ALLOW);
    }

    @Override
    void begin() {
        super.begin();
        status = 0;
    }

    @Override
    boolean pseudo(String name, String value) {
        if (!name.equals(":status") || status != 0 || value.length() != 3) {
            return false;
        }
        long number = FieldRules.contentLength(value);
        status = (int) number;
        // Section 8.6: there is no 101 in HTTP/2.
        return number >= 100 && number != 101;
    }

    /// The head, or null where `broken` tells why there is none.
    @Nullable ResponseHead head() {
        if (broken() == null && status == 0) {
            misused("response without :status");
        }
        return broken() == null ? new ResponseHead(status, headers()) : null;
    }
}
