// SPDX-License-Identifier: MIT
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
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
        bool imds = thrown.ErrorCode.Contains("managed_identity", StringComparison.Ordinal) ||
            thrown.ErrorCode == MsalError.ImdsServiceError;
        string where = imds ? "imds" : "sts.token";

        // A request that took too long has a socket's error at its bottom, too.
        if (Has<TaskCanceledException>(thrown) || thrown.ErrorCode == MsalError.RequestTimeout)
        {
            return new Failure("timeout", where, thrown.Message);
        }
        if (Has<SocketException>(thrown) || Has<AuthenticationException>(thrown) ||
            thrown.ErrorCode == MsalError.ManagedIdentityUnreachableNetwork)
        {
            return new Failure("transport", where, thrown.Message);
        }
        int status = thrown.StatusCode != 0 ? thrown.StatusCode : StatusIn(thrown.Message);
        string kind = (imds ? "imds_" : "sts_") + (status >= 300 ? "refused" : "malformed");
        return new Failure(kind, where, thrown.Message, status, thrown.ErrorCode);
    }

    /// <summary>What IMDS answered: MSAL tells it in its words alone, as a number or by its name.</summary>
    private static int StatusIn(string message)
    {
        Match found = Regex.Match(message, @"\bStatus(?: code)?: (\w+)");

        return Enum.TryParse(found.Groups[1].Value, out HttpStatusCode status) ? (int)status : 0;
    }

    private static Failure FromClient(MsalClientException thrown)
    {
        string kind = thrown.ErrorCode switch
        {
            MsalError.MtlsNotSupportedForManagedIdentity or MsalError.MtlsPopTokenNotSupportedinImdsV1
                or MsalError.ManagedIdentityAllSourcesUnavailable => "unsupported",
            MsalError.MinStrengthNotMet or "mtls_pop_requires_keyguard" => "key_unavailable",
            "attestation_failed" => "attestation_failed",
            MsalError.JsonParseError or MsalError.TokenTypeMismatch => "sts_malformed",
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
