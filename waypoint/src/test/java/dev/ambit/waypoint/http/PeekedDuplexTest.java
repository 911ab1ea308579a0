package dev.ambit.waypoint.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.Duplex;
import dev.ambit.hbone.ResetReason;
import dev.ambit.waypoint.http.ProtocolSniffer.Decision;
import dev.ambit.waypoint.http.ProtocolSniffer.Http1;
import dev.ambit.waypoint.http.ProtocolSniffer.Other;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PeekedDuplexTest {
    private final MemoryDuplex duplex = new MemoryDuplex();
    private final List<Decision> decisions = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final PeekedDuplex peeked =
            PeekedDuplex.over(
                    duplex,
                    new ProtocolSniffer(true, true),
                    new PeekedDuplex.Listener() {
                        @Override
                        public void onDecided(Decision decision) {
                            decisions.add(decision);
                        }

                        @Override
                        public void onLost(ResetReason reason) {
                            told.add("lost " + reason.detail());
                        }
                    });

    private final Duplex.Inlet inlet =
            new Duplex.Inlet() {
                @Override
                public void onBytes(ByteBuf bytes) {
                    told.add(bytes.toString(StandardCharsets.ISO_8859_1));
                    int count = bytes.readableBytes();
                    bytes.release();
                    peeked.grant(count);
                }

                @Override
                public void onBurstEnd() {
                    told.add("burst");
                }

                @Override
                public void onEnd() {
                    told.add("end");
                }

                @Override
                public void onReset(ResetReason reason) {
                    told.add("reset " + reason.detail());
                }

                @Override
                public void onTaken(int bytes) {
                    told.add("taken " + bytes);
                }
            };

    @AfterEach
    void close() {
        duplex.close();
    }

    @Test
    void bytes_onceDecided_areDeliveredFromTheFirst() {
        duplex.receive("GET / HT");
        assertThat(decisions).isEmpty();
        duplex.receive("TP/1.1\r\n");
        assertThat(decisions).containsExactly(new Http1());
        assertThat(duplex.outstanding).isEqualTo(16);

        peeked.attach(inlet);
        duplex.receive("more");
        duplex.receiveEnd();

        assertThat(told).containsExactly("GET / HT", "TP/1.1\r\n", "burst", "more", "burst", "end");
        assertThat(duplex.outstanding).isZero();
    }

    @Test
    void listener_thatWaitsNoLonger_getsWhatHasCome() {
        duplex.receive("GE");
        peeked.attach(inlet);
        duplex.receive("T");

        assertThat(told).containsExactly("GE", "burst", "T", "burst");
        assertThat(decisions).isEmpty();
    }

    @Test
    void end_beforeADecision_meansAnotherProtocol() {
        duplex.receive("GE");
        duplex.receiveEnd();
        assertThat(decisions).containsExactly(new Other());

        peeked.attach(inlet);

        assertThat(told).containsExactly("GE", "burst", "end");
    }

    @Test
    void loss_beforeADecision_isToldOnce() {
        duplex.receive("GE");
        duplex.receiveReset("gone");
        assertThat(told).containsExactly("lost gone");

        peeked.attach(inlet);

        assertThat(told).containsExactly("lost gone", "reset gone");
    }

    @Test
    void reset_releasesWhatWasKept() {
        duplex.receive("GE");
        peeked.reset(new ResetReason(ResetReason.Kind.LOCAL, "timeout"));

        assertThat(duplex.resets).hasSize(1);
        assertThat(told).isEmpty();
    }

    @Test
    void output_passesThrough() {
        peeked.attach(inlet);
        peeked.write(duplex.buffer("hi"));
        peeked.flush();
        peeked.endOutput();

        assertThat(duplex.sent()).isEqualTo("hi");
        assertThat(told).containsExactly("taken 2");
        assertThat(duplex.outputEnded).isTrue();
    }
}
