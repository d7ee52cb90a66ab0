using System.Net.Security;
using Microsoft.Extensions.Logging;
using Slideport.Protocol;

namespace Slideport.Converter.Sam;

/// <summary>
/// One line of questions to SAM. SAM being away is told once and stops nothing; each time the next question goes over new connections, and when our
/// certificate is another than before.
/// </summary>
internal sealed class SamSession(ConverterSam sam, string what, ILogger log) : IDisposable
{
    private (Uri Address, SslStreamCertificateContext? Certificate, SamRoleClient Client)? _client;
    private bool _isAway;

    /// <summary>Asks, if SAM's address is known; whatever SAM or the network refuses is logged and over.</summary>
    internal async Task AskAsync(Func<SamRoleClient, CancellationToken, Task> question, CancellationToken cancellationToken)
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

    public void Dispose()
    {
        _client?.Client.Dispose();
        _client = null;
    }
}
