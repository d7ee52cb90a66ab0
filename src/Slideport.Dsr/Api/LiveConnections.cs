using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Slideport.Dsr.Sam;

namespace Slideport.Dsr.Api;

/// <summary>Connections of machines that are open: a revocation ends them, idle ones too.</summary>
internal sealed class LiveConnections
{
    private readonly ConcurrentDictionary<ConnectionContext, X509Certificate2> _open = new();
    private readonly RevokedCertificates _revoked;

    internal LiveConnections(RevokedCertificates revoked)
    {
        _revoked = revoked;
        revoked.Changed += CloseUnwelcome;
    }

    internal ConnectionDelegate Watch(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is { } certificate)
            _open[connection] = certificate;
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection, out _);
        }
    };

    private void CloseUnwelcome()
    {
        foreach (var (connection, _) in _open.Where(open => _revoked.Contains(open.Value)))
            connection.Abort(new ConnectionAbortedException("The certificate was revoked."));
    }
}
