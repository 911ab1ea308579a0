package dev.ambit.waypoint.telemetry.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.telemetry.PeerMetadata;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextFormatTest {
    private static final FormatContext CONTEXT = FormatContext.of(Exchanges.PROCESS);
    private static final PeerMetadata PEER =
            new PeerMetadata(
                    "pod-1",
                    "c1",
                    "ns1",
                    "wl",
                    "svc",
                    "v1",
                    "app",
                    "v2",
                    "deployment",
                    "spiffe://td/ns/ns1/sa/sa1",
                    "r1",
                    "z1");

    private static StreamInfo inMesh() {
        var info =
                new StreamInfo(
                        Exchanges.inMesh("spiffe://td/ns/a/sa/b", "spiffe://td/ns/w/sa/wp"), 0, 1);
        info.upstreamHost = "envoy://connect_originate/10.1.1.9:8080";
        info.upstreamPeer = PEER;
        info.connection().downstreamPeer(PEER);
        return info;
    }

    private static String format(String format, FormatContext context, StreamInfo info)
            throws FormatFault {
        return TextFormat.compile(format, context).format(info);
    }

    /// Messages are Envoy's.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "%NOPE% | Not supported field in StreamInfo: NOPE",
                "%PROTOCOL(a)% | PROTOCOL does not take any parameters or length",
                "%PROTOCOL:3% | PROTOCOL does not take any parameters or length",
                "%REQ% | REQ requires parameters",
                "%DYNAMIC_METADATA% | DYNAMIC_METADATA requires parameters",
                "%CLUSTER_METADATA()% | CLUSTER_METADATA requires parameters",
                "%REQ(:method?X?Y)% | More than 1 alternative header specified in token:"
                        + " :method?X?Y",
                "%START_TIME(%Y%n)% | Invalid header configuration. Format string contains"
                        + " newline.",
                "%REQ(X)?x% | Incorrect configuration: %REQ(X)?x%. Couldn't find valid command at"
                        + " position 0",
                "a% | Incorrect configuration: a%. Couldn't find valid command at position 1",
                "%REQ(X% | Incorrect configuration: %REQ(X%. Couldn't find valid command at"
                        + " position 0",
                "%REQ(X):12345678901% | Incorrect configuration: %REQ(X):12345678901%. Couldn't"
                        + " find valid command at position 0",
                "%REQUESTED_SERVER_NAME(X)% | Invalid REQUESTED_SERVER_NAME option: 'X', only"
                        + " 'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST' are allowed",
                "%FILTER_STATE(a:FIELD)% | Invalid filter state serialize type, FIELD should be"
                        + " used with the field name.",
                "%FILTER_STATE(a:X)% | Invalid filter state serialize type, only support"
                        + " PLAIN/TYPED/FIELD.",
                "%FILTER_STATE% | Invalid filter state configuration, key cannot be empty.",
                "%COMMON_DURATION(DS_RX_BEG)% | Invalid common duration configuration: DS_RX_BEG.",
                "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:s)% | Invalid common duration precision: s.",
                "%GRPC_STATUS(X)% | GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or"
                        + " NUMBER.",
            })
    void format_broken_isRefusedWithEnvoysWords(String format, String message) {
        assertThatThrownBy(() -> TextFormat.compile(format, CONTEXT))
                .isInstanceOf(FormatFault.class)
                .hasMessage(message);
    }

    @Test
    void expression_broken_isRefused() {
        assertThatThrownBy(() -> TextFormat.compile("%CEL(request.path,)%", CONTEXT))
                .isInstanceOf(FormatFault.class)
                .hasMessageStartingWith("Not able to parse expression: ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "%UPSTREAM_HOST% | envoy://connect_originate/10.1.1.9:8080",
                "%UPSTREAM_LOCAL_ADDRESS% | -",
                "%DOWNSTREAM_LOCAL_ADDRESS% | 10.96.0.10:80",
                "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% | 10.1.1.5",
                "%FILTER_STATE(io.istio.peer_principal:PLAIN)% | spiffe://td/ns/a/sa/b",
                "%FILTER_STATE(io.istio.connect_authority)% | \"10.96.0.10:80\"",
                "%FILTER_STATE(upstream_peer_obj:FIELD:app)% | app",
                "%FILTER_STATE(upstream_peer_obj:FIELD:version):1% | v",
                "%FILTER_STATE(downstream_peer_obj:FIELD:availability_zone)% | z1",
                "%FILTER_STATE(downstream_peer_obj:FIELD:nope)% | -",
                "%CEL(downstream_peer.workload)% | wl",
                "%CEL(filter_state.upstream_peer.app)% | app",
                "%CEL(filter_state['io.istio.peer_principal'])% | spiffe://td/ns/a/sa/b",
                "%DOWNSTREAM_PEER_URI_SAN% | -",
            })
    void chain_behindTheTunnel_knowsPeersButNoTls(String format, String expected)
            throws FormatFault {
        assertThat(format(format, CONTEXT, inMesh())).isEqualTo(expected);
    }

    @Test
    void peer_typed_isAStructOfItsFields() throws FormatFault {
        assertThat(format("%FILTER_STATE(upstream_peer)%", CONTEXT, inMesh()))
                .isEqualTo(
                        "{\"@type\":\"type.googleapis.com/google.protobuf.Struct\",\"value\":{"
                                + "\"app\":\"app\",\"availability_zone\":\"z1\",\"cluster\":\"c1\","
                                + "\"identity\":\"spiffe://td/ns/ns1/sa/sa1\",\"name\":\"pod-1\","
                                + "\"namespace\":\"ns1\",\"region\":\"r1\",\"revision\":\"v1\","
                                + "\"service\":\"svc\",\"type\":\"deployment\",\"version\":\"v2\","
                                + "\"workload\":\"wl\"}}");
    }

    @Test
    void tunnelledUpstream_connected_hasEnvoysInternalAddress() throws FormatFault {
        var info = inMesh();
        info.upstreamFirstSentNanos = 5;
        assertThat(format("%UPSTREAM_LOCAL_ADDRESS%", CONTEXT, info))
                .isEqualTo("envoy://internal_client_address/");
    }

    @Test
    void front_ofTunnels_knowsTheCertificatesUris() throws FormatFault {
        assertThat(
                        format(
                                "%DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_LOCAL_URI_SAN%"
                                        + " %DOWNSTREAM_TLS_VERSION% %CEL(connection.mtls)%",
                                CONTEXT.atFront(), inMesh()))
                .isEqualTo("spiffe://td/ns/a/sa/b spiffe://td/ns/w/sa/wp TLSv1.3 true");
    }

    @Test
    void json_nestedWithLists_keepsStructureAndDropsWhatIsEmpty() throws FormatFault {
        var format =
                Map.of(
                        "b",
                        Map.of("x", "%REQ(NOPE)%", "y", "%RESPONSE_CODE%"),
                        "a",
                        List.of("%REQ(NOPE)%", "%PROTOCOL%", Map.of()),
                        "n",
                        7.0,
                        "s",
                        "<%REQ(NOPE)%>");
        var info = Exchanges.ofTable("denied");
        assertThat(json(format, false, info))
                .isEqualTo(
                        "{\"a\":[null,\"HTTP/1.1\",{}],\"b\":{\"x\":null,\"y\":403},\"n\":7,"
                                + "\"s\":\"<->\"}");
        assertThat(json(format, true, info))
                .isEqualTo("{\"a\":[\"HTTP/1.1\",{}],\"b\":{\"y\":403},\"n\":7,\"s\":\"<>\"}");
    }

    private static String json(Map<String, ?> format, boolean omit, StreamInfo info)
            throws FormatFault {
        var out = new StringBuilder();
        JsonFormat.compile(format, CONTEXT, omit).append(out, info);
        return out.toString();
    }

    @Test
    void json_controlCharacters_areEscaped() {
        assertThat(JsonText.of(Arrays.asList("a\"\\\n\t\u0001\u007f\u00e9", null, 1e300, -0.5)))
                .isEqualTo("[\"a\\\"\\\\\\n\\t\\u0001\\u007f\u00c3\u00a9\",null,1.0E300,-0.5]");
    }
}
