package dev.ambit.ztunnel.dns;

/// Why a message was not taken. Each is counted.
public enum DnsRefusal {
    TOO_SHORT("too_short", "shorter than a DNS header"),
    NOT_A_QUERY("not_a_query", "a response where a query was expected"),
    OTHER_ID("reply_other_id", "a DNS reply with another id"),
    OTHER_QUESTION("reply_other_question", "a DNS reply for another question"),
    NOT_A_REPLY("reply_is_query", "a query where a reply was expected"),
    TOO_MANY_QUERIES("too_many_queries", "the pod has too many queries under way"),
    TOO_MANY_CONNECTIONS("too_many_connections", "the pod has too many DNS connections open"),
    SLOW_CLIENT("slow_client", "the client does not take its answers");

    private final String label;
    private final String text;

    DnsRefusal(String label, String text) {
        this.label = label;
        this.text = text;
    }

    /// In metrics.
    public String label() {
        return label;
    }

    public String text() {
        return text;
    }
}
