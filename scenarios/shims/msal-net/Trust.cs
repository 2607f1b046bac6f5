// SPDX-License-Identifier: MIT
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Identity.Client;

namespace Msiv2.Shim;

/// <summary>
/// The public seam by which MSAL gets its HTTP clients: they trust the run's roots and nothing else,
/// look at no proxy, follow no redirect, and keep a deadline. MSAL decides everything above that.
/// </summary>
internal sealed class Trust : IMsalMtlsHttpClientFactory
{
    private readonly X509Certificate2Collection _roots = new();
    private readonly TimeSpan _timeout;

    public Trust(string? file, TimeSpan timeout)
    {
        _timeout = timeout;
        if (file != null)
        {
            _roots.ImportFromPemFile(file);
        }
    }

    public HttpClient GetHttpClient() => Make(null);

    public HttpClient GetHttpClient(X509Certificate2 x509Certificate2) => Make(x509Certificate2);

    /// <summary>A client that presents a certificate, or none.</summary>
    public HttpClient Make(X509Certificate2? certificate)
    {
        var handler = new HttpClientHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            ServerCertificateCustomValidationCallback = (_, server, _, errors) => IsTrusted(server, errors),
        };
        if (certificate != null)
        {
            handler.ClientCertificates.Add(certificate);
        }
        return new HttpClient(handler) { Timeout = _timeout };
    }

    private bool IsTrusted(X509Certificate2? server, SslPolicyErrors errors)
    {
        if (server == null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false; // another name, or no certificate
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return _roots.Count > 0 && chain.Build(server);
    }
}
