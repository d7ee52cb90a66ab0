using System.Net;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Tests.Destinations;

/// <summary>A PACS that answers what the test says, and keeps nothing.</summary>
internal sealed class ScriptedPacs : IStoreHandler, IStorageCommitmentHandler, IAsyncDisposable
{
    private readonly AssociationListener _listener;

    internal ScriptedPacs(Func<string, System.Net.Security.SslServerAuthenticationOptions>? tls = null, bool commits = true)
    {
        _listener = new AssociationListener(
            new ListenerOptions { Address = IPAddress.Loopback, Port = 0, AETitle = null, Tls = tls }, new DicomServices { Store = this, StorageCommitment = commits ? this : null });
        _listener.Start();
    }

    internal int Port => _listener.LocalEndPoint.Port;

    /// <summary>What it answers to each C-STORE in turn; then success.</summary>
    internal Queue<DimseStatus> Statuses { get; init; } = new();

    /// <summary>What it reports; null reports nothing.</summary>
    internal Func<CommitmentRequest, CommitmentResult?> Report { get; init; } = r => new CommitmentResult(r.TransactionUid, r.Instances, []);

    internal int Stores { get; private set; }

    internal List<string> Transactions { get; } = [];

    public ValueTask<IStoreReception> BeginAsync(StoreRequest request, CancellationToken cancellationToken)
    {
        Stores++;
        return ValueTask.FromResult<IStoreReception>(new RefusedReception(new StoreOutcome(Statuses.TryDequeue(out var status) ? status : DimseStatus.Success)));
    }

    public ValueTask AssociationOpenedAsync(AssociationInfo association) => ValueTask.CompletedTask;

    public ValueTask AssociationClosedAsync(AssociationInfo association, bool released) => ValueTask.CompletedTask;

    public async ValueTask<CommitmentResult> CommitAsync(CommitmentRequest request, CancellationToken cancellationToken)
    {
        Transactions.Add(request.TransactionUid);
        if (Report(request) is { } result)
            return result;
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new OperationCanceledException(cancellationToken);
    }

    public ValueTask UndeliveredAsync(AssociationInfo association, CommitmentResult result) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
