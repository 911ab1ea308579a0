package dev.ambit.ztunnel.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ambit.mesh.model.Cidr;
import dev.ambit.mesh.policy.Policy.Match;
import dev.ambit.mesh.policy.Policy.ServiceAccount;
import dev.ambit.mesh.policy.Policy.StringMatch;
import java.io.IOException;
import java.util.List;

/// One match of a policy, as `/config_dump` shows it: only the fields that are set.
final class PolicyDump {
    private final JsonGenerator json;

    PolicyDump(JsonGenerator json) {
        this.json = json;
    }

    void match(Match m) throws IOException {
        json.writeStartObject();
        ranges("destinationIps", m.destinationIps());
        ports("destinationPorts", m.destinationPorts());
        strings("namespaces", m.namespaces());
        ranges("notDestinationIps", m.notDestinationIps());
        ports("notDestinationPorts", m.notDestinationPorts());
        strings("notNamespaces", m.notNamespaces());
        strings("notPrincipals", m.notPrincipals());
        accounts("notServiceAccounts", m.notServiceAccounts());
        ranges("notSourceIps", m.notSourceIps());
        strings("principals", m.principals());
        accounts("serviceAccounts", m.serviceAccounts());
        ranges("sourceIps", m.sourceIps());
        json.writeEndObject();
    }

    private void strings(String name, List<StringMatch> all) throws IOException {
        if (all.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart(name);
        for (var match : all) {
            json.writeStartObject();
            switch (match) {
                case StringMatch.Exact(var text) -> json.writeStringField("Exact", text);
                case StringMatch.Prefix(var text) -> json.writeStringField("Prefix", text);
                case StringMatch.Suffix(var text) -> json.writeStringField("Suffix", text);
                case StringMatch.Presence() -> {
                    json.writeArrayFieldStart("Presence");
                    json.writeEndArray();
                }
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void ranges(String name, List<Cidr> all) throws IOException {
        if (!all.isEmpty()) {
            json.writeArrayFieldStart(name);
            for (var range : all) {
                json.writeString(ConfigDump.text(range));
            }
            json.writeEndArray();
        }
    }

    private void ports(String name, List<Integer> all) throws IOException {
        if (!all.isEmpty()) {
            json.writeArrayFieldStart(name);
            for (int port : all) {
                json.writeNumber(port);
            }
            json.writeEndArray();
        }
    }

    private void accounts(String name, List<ServiceAccount> all) throws IOException {
        if (!all.isEmpty()) {
            json.writeArrayFieldStart(name);
            for (var account : all) {
                json.writeStartObject();
                json.writeStringField("namespace", account.namespace());
                json.writeStringField("serviceAccount", account.name());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }
}
