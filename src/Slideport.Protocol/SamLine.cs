using System.Net.Security;
using Microsoft.Extensions.Logging;

namespace Slideport.Protocol;

/// <summary>
/// One line of questions to SAM. SAM being away is told once and stops nothing; each time the next question goes over new connections, and when our
/// certificate is another than before.
/// </summary>
/// <param name="sam">Where SAM is.</param>
/// <param name="what">What it is asked for, for the log.</param>
/// <param name="log">Log.</param>
public sealed class SamLine(SamAddress sam, string what, ILogger log) : IDisposable
{
    private (Uri Address, SslStreamCertificateContext? Certificate, SamRoleClient Client)? _client;
    private bool _isAway;

    /// <summary>Asks, if SAM's address is known; whatever SAM or the network refuses is logged and over.</summary>
    public async Task AskAsync(Func<SamRoleClient, CancellationToken, Task> question, CancellationToken cancellationToken)
    {
        if (sam.Address() is not { } address)
            return;
        var tls = sam.Tls(address.Host);
        if (_client?.Address != address || !ReferenceEquals(_client?.Certificate, tls.ClientCertificateContext))
        {
            Dispose();
            _client = (address, tls.ClientCertificateContext, new SamRoleClient(address, tls));
        }

        try
        {
            await question(_client!.Value.Client, cancellationToken);
            if (_isAway)
                Log.SamAnswersAgain(log, address, what);
            _isAway = false;
        }
        catch (Exception e) when (e is HttpRequestException or SamException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            if (!_isAway)
                Log.SamAway(log, address, what, (e.InnerException ?? e).Message);
            _isAway = true;
            Dispose(); // SAM's certificate or ours may be another next time
        }
    }

    /// <summary>Closes the connections; the next question opens new ones.</summary>
    public void Dispose()
    {
        _client?.Client.Dispose();
        _client = null;
    }
}
