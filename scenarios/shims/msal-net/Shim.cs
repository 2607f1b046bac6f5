// SPDX-License-Identifier: MIT
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Identity.Client;
using Microsoft.Identity.Client.AppConfig;

namespace Msiv2.Shim;

/// <summary>
/// Commands of docs/shim.md as calls of MSAL.NET: its public API, and its public HTTP client factory.
/// MSAL keeps certificates and tokens for the whole process, so that this shim cannot restart it.
/// </summary>
internal sealed class Shim
{
    private const int ManyMax = 256;
    private readonly Dictionary<string, IManagedIdentityApplication> _clients = new();
    private JsonObject? _settings;
    private Trust? _trust;
    private MtlsBindingStrength _floor;

    /// <summary>Without `force`: MSAL makes a new certificate then, too (since 4.91).</summary>
    public static JsonObject Hello() => new()
    {
        ["protocol"] = 1,
        ["name"] = "msal-net",
        ["version"] = typeof(ManagedIdentityApplication).Assembly.GetName().Version?.ToString(3) ?? "?",
        ["keys"] = new JsonArray("memory", "keyguard", "hardware"),
        ["features"] = new JsonArray("acquire_many", "call", "claims", "bearer", "min_strength", "user_assigned"),
    };

    /// <summary>What the command adds to its reply.</summary>
    public async Task<JsonObject> Run(string word, JsonObject command)
    {
        if (_settings == null && word is not ("start" or "quit") && IsKnown(word))
        {
            throw new Failure("config", "command", word + " comes before start");
        }
        switch (word)
        {
            case "start": return Start(command);
            case "acquire": return Tell(await Acquire(command));
            case "acquire_many": return await AcquireMany(command);
            case "call": return await Call(command);
            case "quit": return new JsonObject();
            default: throw new Failure("unsupported", "command", "no such command");
        }
    }

    private static bool IsKnown(string word) => word is "acquire" or "acquire_many" or "call";

    private static string? Text(JsonObject from, string name)
    {
        if (from[name] == null)
        {
            return null;
        }
        return from[name] is JsonValue value && value.TryGetValue(out string? text)
            ? text : throw new Failure("config", name, "is no text");
    }

    private JsonObject Start(JsonObject command)
    {
        if (_settings != null)
        {
            throw new Failure("config", "start", "it was started before");
        }
        string imds = Text(command, "imds") ?? "";
        if (!Uri.TryCreate(imds, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new Failure("config", "imds", "not an http or https address");
        }
        long timeoutMs = (long?)command["timeout_ms"] ?? 60000;
        _floor = Text(command, "min_strength") switch
        {
            null => MtlsBindingStrength.None,
            "memory" => MtlsBindingStrength.Software,
            "hardware" or "keyguard" => MtlsBindingStrength.KeyGuard, // MSAL has nothing between
            _ => throw new Failure("config", "min_strength", "no such strength"),
        };
        _trust = new Trust(Text(command, "ca"), TimeSpan.FromMilliseconds(timeoutMs));
        // MSAL's documented way to another IMDS.
        Environment.SetEnvironmentVariable("AZURE_POD_IDENTITY_AUTHORITY_HOST", imds);
        _settings = command;
        return new JsonObject();
    }

    private IManagedIdentityApplication Client(JsonObject command)
    {
        var identity = command["identity"] as JsonObject;
        string kind = identity == null ? "system" : Text(identity, "kind") ?? "";
        string id = identity == null ? "" : Text(identity, "id") ?? "";
        ManagedIdentityId wanted = kind switch
        {
            "system" => ManagedIdentityId.SystemAssigned,
            "client_id" => ManagedIdentityId.WithUserAssignedClientId(id),
            "object_id" => ManagedIdentityId.WithUserAssignedObjectId(id),
            "resource_id" => ManagedIdentityId.WithUserAssignedResourceId(id),
            _ => throw new Failure("config", "identity", "no such kind"),
        };
        if (!_clients.TryGetValue(kind + " " + id, out IManagedIdentityApplication? client))
        {
            client = ManagedIdentityApplicationBuilder.Create(wanted).WithHttpClientFactory(_trust).Build();
            _clients.Add(kind + " " + id, client);
        }
        return client;
    }

    private Task<AuthenticationResult> Acquire(JsonObject command) => Acquire(Client(command), command);

    private Task<AuthenticationResult> Acquire(IManagedIdentityApplication client, JsonObject command)
    {
        string? resource = Text(command, "resource");
        string type = Text(command, "token_type") ?? "mtls_pop";
        string? claims = Text(command, "claims");
        if (string.IsNullOrEmpty(resource) || type is not ("mtls_pop" or "bearer"))
        {
            throw new Failure("config", "command", "no such resource or token_type");
        }
        AcquireTokenForManagedIdentityParameterBuilder builder =
            client.AcquireTokenForManagedIdentity(resource).WithForceRefresh((bool?)command["force"] ?? false);
        if (claims != null)
        {
            builder = builder.WithClaims(claims);
        }
        if (type == "mtls_pop")
        {
            builder = builder.WithMtlsProofOfPossession(new PoPOptions { MinStrength = _floor });
        }
        else if (OperatingSystem.IsWindows())
        {
            builder = builder.WithRequestOverMtls(); // elsewhere such a token is IMDS v1's
        }
        return builder.ExecuteAsync();
    }

    private static JsonObject Tell(AuthenticationResult result)
    {
        var told = new JsonObject
        {
            ["token_type"] = result.TokenType,
            ["expires_on"] = result.ExpiresOn.ToUnixTimeSeconds(),
            ["tenant_id"] = result.TenantId,
            ["source"] = result.AuthenticationResultMetadata.TokenSource == TokenSource.Cache ? "cache" : "network",
        };
        X509Certificate2? certificate = result.BindingCertificate;
        if (certificate != null)
        {
            told["certificate"] = new JsonObject
            {
                ["sha256"] = certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(),
                ["not_after"] = new DateTimeOffset(certificate.NotAfter).ToUnixTimeSeconds(),
            };
        }
        return told;
    }

    private async Task<JsonObject> AcquireMany(JsonObject command)
    {
        int n = (int?)command["n"] ?? 0;
        if (n is < 1 or > ManyMax)
        {
            throw new Failure("config", "n", "not a number from 1 to 256");
        }
        IManagedIdentityApplication client = Client(command);
        using var gate = new ManualResetEventSlim();
        Task<JsonObject>[] askers = Enumerable.Range(0, n).Select(_ => Task.Factory.StartNew(() =>
        {
            gate.Wait();
            return Reply(command["id"]?.DeepClone(), async () => Tell(await Acquire(client, command)));
        }, TaskCreationOptions.LongRunning).Unwrap()).ToArray();
        gate.Set();
        return new JsonObject { ["results"] = new JsonArray(await Task.WhenAll(askers)) };
    }

    private async Task<JsonObject> Call(JsonObject command)
    {
        AuthenticationResult result = await Acquire(command);
        using HttpClient http = _trust!.Make(result.BindingCertificate);
        using var request = new HttpRequestMessage(HttpMethod.Get, Text(command, "url"));
        request.Headers.Authorization = new AuthenticationHeaderValue(result.TokenType, result.AccessToken);
        using HttpResponseMessage answer = await http.SendAsync(request);
        JsonObject told = Tell(result);
        told["status"] = (int)answer.StatusCode;
        return told;
    }

    /// <summary>The reply to a command that does `work`.</summary>
    public static async Task<JsonObject> Reply(JsonNode? id, Func<Task<JsonObject>> work)
    {
        var reply = new JsonObject { ["id"] = id };
        try
        {
            JsonObject made = await work();
            reply["ok"] = true;
            foreach (KeyValuePair<string, JsonNode?> member in made)
            {
                reply[member.Key] = member.Value?.DeepClone();
            }
        }
        catch (Exception thrown)
        {
            reply["ok"] = false;
            reply["error"] = Failure.From(thrown).AsJson();
        }
        return reply;
    }
}
