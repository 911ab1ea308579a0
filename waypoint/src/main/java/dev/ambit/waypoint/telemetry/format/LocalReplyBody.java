package dev.ambit.waypoint.telemetry.format;

/// `%LOCAL_REPLY_BODY%`: where whoever makes an answer of this side keeps its body, for formats of
/// such answers.
public final class LocalReplyBody {
    /// Of `StreamInfo.filterState`.
    public static final String KEY = "ambit.local_reply_body";

    private LocalReplyBody() {}
}
