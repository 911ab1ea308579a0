package dev.ambit.control.xds;

import com.google.protobuf.Struct;
import dev.ambit.control.token.Account;
import dev.ambit.mesh.proto.discovery.Node;
import io.grpc.Status;
import java.util.regex.Pattern;

/// Who is at the other end of a stream, as far as it decides what is sent.
sealed interface Client {
    String WAYPOINT = "waypoint~";
    Pattern WAYPOINT_ID = Pattern.compile("waypoint~[^~]*~[^~]+\\.[^~.]+~[^~]*");

    Snapshot of(Views views);

    /// A ztunnel, or anybody else who asks for what ztunnels ask for.
    record Mesh() implements Client {
        @Override
        public Snapshot of(Views views) {
            return views.mesh();
        }
    }

    record Waypoint(Views.Waypoint node) implements Client {
        @Override
        public Snapshot of(Views views) {
            return views.waypoint(node);
        }
    }

    /// @param status what the stream ends with
    record Refused(Status status) implements Client {
        @Override
        public Snapshot of(Views views) {
            return new Snapshot(java.util.Map.of());
        }
    }

    /// As istiod judges it: what the node says of its namespace and account must be what the token
    /// proves. A waypoint must say its namespace, as that decides what it is sent.
    static Client of(Node node, Account proven) {
        var namespace = text(node.getMetadata(), "NAMESPACE");
        var account = text(node.getMetadata(), "SERVICE_ACCOUNT");
        boolean waypoint = node.getId().startsWith(WAYPOINT);
        if (waypoint && !WAYPOINT_ID.matcher(node.getId()).matches()) {
            return new Refused(
                    Status.INVALID_ARGUMENT.withDescription(
                            "node '"
                                    + node.getId()
                                    + "' (expected: waypoint~IP~POD.NAMESPACE~DOMAIN)"));
        }
        if (waypoint && namespace.isEmpty()) {
            return denied(
                    "node " + node.getId() + ": metadata NAMESPACE is missing (expected: its own)");
        }
        if (!namespace.isEmpty() && !namespace.equals(proven.namespace())) {
            return denied(mismatch(node, "NAMESPACE", namespace, proven));
        }
        if (!account.isEmpty() && !account.equals(proven.name())) {
            return denied(mismatch(node, "SERVICE_ACCOUNT", account, proven));
        }
        if (!waypoint) {
            return new Mesh();
        }
        // What it does not say is filled in with what is proven.
        var metadata =
                node.getMetadata().toBuilder()
                        .putFields(
                                "SERVICE_ACCOUNT",
                                com.google.protobuf.Value.newBuilder()
                                        .setStringValue(proven.name())
                                        .build())
                        .build();
        return new Waypoint(new Views.Waypoint(node.getId(), metadata));
    }

    private static Refused denied(String reason) {
        return new Refused(Status.PERMISSION_DENIED.withDescription(reason));
    }

    private static String mismatch(Node node, String field, String said, Account proven) {
        return "node "
                + node.getId()
                + ": metadata "
                + field
                + " is '"
                + said
                + "' (expected: as proven, account "
                + proven
                + ")";
    }

    private static String text(Struct metadata, String field) {
        return metadata.getFieldsOrDefault(field, com.google.protobuf.Value.getDefaultInstance())
                .getStringValue();
    }
}
