// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Nodes;
using Msiv2.Shim;

// Elsewhere MSAL says mtls_not_supported_for_managed_identity and has bearer tokens of IMDS v1 alone.
bool anywhere = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("MSIV2_MSAL_NET_ANYWHERE"));
if (!OperatingSystem.IsWindows() && !anywhere)
{
    Console.Error.WriteLine("msal-net: skipped: MSAL.NET has bound tokens for managed identities on Windows only");
    return 77;
}
var shim = new Shim();
Console.WriteLine(Shim.Hello().ToJsonString());
bool last = false;
while (!last && Console.In.ReadLine() is { } line)
{
    JsonObject? command = Parse(line);
    string? word = command?["command"] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
    bool numbered = command?["id"] is JsonValue id && id.TryGetValue(out long _);
    JsonObject reply = await Shim.Reply(command?["id"]?.DeepClone(), () =>
        command == null || word == null || !numbered
            ? throw new Failure("config", "command", "not a command with an id")
            : shim.Run(word, command));
    Console.WriteLine(reply.ToJsonString());
    last = word == "quit" && reply["ok"]!.GetValue<bool>();
}
return 0;

static JsonObject? Parse(string line)
{
    try
    {
        return JsonNode.Parse(line) as JsonObject;
    }
    catch (JsonException)
    {
        return null;
    }
}
