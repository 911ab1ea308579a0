package dev.ambit.hbone;

import java.util.Optional;

/// The head of the answer to a CONNECT. Any status but 200 is a refusal and ends the stream.
///
/// @param status HTTP status code, 100 to 999
/// @param baggage of the workload that answered, raw
public record ConnectReply(int status, Optional<String> baggage) {
    public static ConnectReply ok(String baggage) {
        return new ConnectReply(200, Optional.of(baggage));
    }

    public static ConnectReply status(int status) {
        return new ConnectReply(status, Optional.empty());
    }

    public boolean accepted() {
        return status == 200;
    }
}
