using Slideport.Files;
using Slideport.ImageStore;

namespace Slideport.Dsr.Tests.Viewing;

/// <summary>A store of which only the reading side is there.</summary>
internal abstract class StandInStore : IImageStore
{
    public string Location => "a stand-in";

    public abstract IAsyncEnumerable<StoredEntry> ListAsync(string folder, CancellationToken cancellationToken);

    public abstract ValueTask<StoredFile> OpenAsync(string name, CancellationToken cancellationToken);

    public ValueTask<Guid?> FindAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<Guid> CheckAsync(Guid? knownId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreTrial> TryAsync(long bytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    public DiskSpace Space() => throw new NotSupportedException();

    public ImageDelivery Begin(string key) => throw new NotSupportedException();

    public IReadOnlyList<string> Unfinished() => throw new NotSupportedException();

    public ValueTask<bool> TryWithdrawAsync(string name, string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> TryPutBackAsync(string key, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoredOutput?> ReadBackAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();
}
