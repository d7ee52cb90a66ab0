using Slideport.Dicom.Part10;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Tests;

/// <summary>An instance of which so many bytes are sent, and the rest when that is wanted.</summary>
internal sealed class HeldInstance(long bytes)
{
    private readonly TaskCompletionSource _rest = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _sent;

    internal async Task<StoreOutcome> SendAsync(Association association, string path)
    {
        using var file = Part10File.Open(path);
        return await StoreScu.SendAsync(association, file, null, HoldAsync, TestContext.Current.CancellationToken);
    }

    internal void GoOn() => _rest.TrySetResult();

    private async ValueTask HoldAsync(int more, CancellationToken cancellationToken)
    {
        if ((_sent += more) > bytes)
            await _rest.Task.WaitAsync(cancellationToken);
    }
}
