using System.Net;
using System.Net.Security;
using System.Threading.Channels;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.UpperLayer;

/// <summary>A listener on a free port of the loopback, with handlers that remember what they were given.</summary>
internal sealed class ListenerUnderTest : IAsyncDisposable
{
    private readonly Channel<AssociationEvent> _events = Channel.CreateUnbounded<AssociationEvent>();
    private readonly AssociationListener _listener;

    public ListenerUnderTest(
        AssociationLimits? limits = null, Func<SslServerAuthenticationOptions>? tls = null, TimeProvider? time = null,
        IStorageCommitmentHandler? commitment = null, IStorageCommitmentReportHandler? reports = null, string? title = "SLIDEPORT")
    {
        var options = new ListenerOptions
        {
            Address = IPAddress.Loopback,
            Port = 0,
            AETitle = title,
            Tls = tls is null ? null : _ => tls(),
            Limits = limits ?? new AssociationLimits(),
            Time = time ?? TimeProvider.System,
            Observe = e => _events.Writer.TryWrite(e),
        };
        var services = new DicomServices { Store = Store, StorageCommitment = commitment, StorageCommitmentReports = reports };
        _listener = new AssociationListener(options, services);
        _listener.Start();
    }

    public RememberingStore Store { get; } = new();

    public IPEndPoint EndPoint => _listener.LocalEndPoint;

    public AssociationListener Listener => _listener;

    /// <summary>Waits for the next event of a kind; those before it are skipped.</summary>
    public async Task<AssociationEvent> EventAsync(AssociationEventKind kind)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var next = await _events.Reader.ReadAsync(patience.Token);
            if (next.Kind == kind) return next;
        }
    }

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
