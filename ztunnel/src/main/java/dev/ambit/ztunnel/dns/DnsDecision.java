package dev.ambit.ztunnel.dns;

import java.util.List;
import org.xbill.DNS.Record;

/// What becomes of a query.
sealed interface DnsDecision {
    /// The mesh does not own the name, or not this kind of record: the resolver's business.
    record Forward() implements DnsDecision {}

    /// The mesh answers, with authority.
    ///
    /// @param rcode as on the wire
    /// @param authority the SOA of a negative answer, by which it may be cached (RFC 2308)
    /// @param result for the query log
    /// @param endpoints addresses or targets in the answer
    record Answer(
            int rcode,
            List<Record> answers,
            List<Record> authority,
            List<Record> additional,
            Result result,
            int endpoints)
            implements DnsDecision {
        public Answer {
            answers = List.copyOf(answers);
            authority = List.copyOf(authority);
            additional = List.copyOf(additional);
        }
    }

    enum Result {
        SUCCESS("success"),
        NO_RECORDS("no records"),
        WRONG_FAMILY("service does not support this record type"),
        NO_SUCH_NAME("no such name");

        private final String text;

        Result(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }
}
