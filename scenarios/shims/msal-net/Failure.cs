// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Identity.Client;

namespace Msiv2.Shim;

/// <summary>An error in the words of docs/shim.md.</summary>
internal sealed class Failure : Exception
{
    private readonly string _class;
    private readonly string _where;
    private readonly int _status;
    private readonly string _code;

    public Failure(string kind, string where, string message, int status = 0, string code = "")
        : base(message)
    {
        _class = kind;
        _where = where;
        _status = status;
        _code = code;
    }

    public JsonObject AsJson() => new()
    {
        ["class"] = _class,
        ["where"] = _where,
        ["http_status"] = _status,
        ["code"] = _code,
        ["message"] = Message.Length > 600 ? Message[..600] : Message,
    };

    /// <summary>What MSAL threw, by its documented codes.</summary>
    public static Failure From(Exception thrown) => thrown switch
    {
        Failure failure => failure,
        MsalServiceException service => FromService(service),
        MsalClientException client => FromClient(client),
        HttpRequestException http => new Failure("transport", "msal", http.Message),
        TaskCanceledException late => new Failure("timeout", "msal", late.Message),
        // The type alone: a message might quote what was being handled (SEC-01).
        _ => new Failure("internal", "msal", thrown.GetType().Name),
    };

    private static Failure FromService(MsalServiceException thrown)
    {
        bool imds = thrown.ErrorCode.StartsWith("managed_identity", StringComparison.Ordinal);
        string where = imds ? "imds" : "sts.token";

        if (Has<SocketException>(thrown) || Has<System.Security.Authentication.AuthenticationException>(thrown))
        {
            return new Failure("transport", where, thrown.Message);
        }
        if (Has<TaskCanceledException>(thrown) || thrown.ErrorCode == MsalError.RequestTimeout)
        {
            return new Failure("timeout", where, thrown.Message);
        }
        string kind = (imds ? "imds_" : "sts_") +
            (thrown.StatusCode is 0 or 200 ? "malformed" : "refused");
        return new Failure(kind, where, thrown.Message, thrown.StatusCode, thrown.ErrorCode);
    }

    private static Failure FromClient(MsalClientException thrown)
    {
        string kind = thrown.ErrorCode switch
        {
            "mtls_not_supported_for_managed_identity" or "mtls_pop_token_not_supported_in_imds_v1" or "managed_identity_all_sources_unavailable"
                => "unsupported",
            "mtls_pop_requires_keyguard" or "minimum_strength_not_met" => "key_unavailable",
            "attestation_failure" or "attestation_token_provider_required" => "attestation_failed",
            "json_parse_failed" or "token_type_mismatch" => "sts_malformed",
            _ => Has<SocketException>(thrown) || Has<HttpRequestException>(thrown) ? "transport" : "config",
        };
        return new Failure(kind, "msal", thrown.Message, 0, thrown.ErrorCode);
    }

    private static bool Has<T>(Exception? thrown) where T : Exception
    {
        for (; thrown != null; thrown = thrown.InnerException)
        {
            if (thrown is T)
            {
                return true;
            }
        }
        return false;
    }
}
