using Microsoft.Extensions.Logging;
using Slideport.Converter.Delivery;
using Slideport.Converter.Spool;
using Slideport.ImageStore;

namespace Slideport.Converter.Destinations;

/// <summary>Brings a slide to a destination that is an image file system, exactly once whatever happens in between.</summary>
/// <remarks>
/// <code>
/// made in the store's hidden part ─► name reserved ─► flush ─► compared, read back ─► hash into the record ─► rename, never replacing ─► read from disk
/// </code>
/// As the first delivery, it is recognised after a crash by the hash that was recorded before the rename.
/// </remarks>
internal sealed class DestinationDelivery(Destination destination, ImageStores stores, SlideNames names, ILogger log) : IDestinationDelivery
{
    /// <inheritdoc/>
    public async Task<bool> DeliverAsync(DestinationSteps steps, CancellationToken cancellationToken)
    {
        if (steps.Current?.Manifest is { Sha256: not null } published && await IsThereAsync(published, steps, cancellationToken))
            return await VerifyAsync(published, steps, cancellationToken);

        var store = await stores.OpenAsync(destination.Settings.Location, cancellationToken);
        var delivery = store.Begin(PartKey(steps));
        await delivery.RemoveAsync(cancellationToken);
        var isPublished = false;
        try
        {
            if (await MakeAsync(delivery, steps, cancellationToken) is { } manifest && await PublishAsync(manifest, (store, delivery), steps, cancellationToken) is { } name)
            {
                isPublished = true;
                return await VerifyAsync(name, steps, cancellationToken);
            }

            return false;
        }
        finally
        {
            if (!isPublished)
                await RemoveAsync(delivery);
        }
    }

    private async Task<bool> IsThereAsync(Manifest published, DestinationSteps steps, CancellationToken cancellationToken)
    {
        var store = await stores.OpenAsync(published.Location, cancellationToken);
        if (await Task.Run(async () => await store.ReadBackAsync(published.Path, cancellationToken), cancellationToken) != Output(published))
            return false;
        await store.Begin(PartKey(steps)).RemoveAsync(cancellationToken);
        return true;
    }

    // Of a de-identified copy the hidden part, too, has a name that nobody can follow to the slide.
    private string PartKey(DestinationSteps steps) => destination.ReadKey()?.Pseudonym("part", steps.Key).ToLowerInvariant() ?? steps.Key;

    private async Task<Manifest?> MakeAsync(ImageDelivery delivery, DestinationSteps steps, CancellationToken cancellationToken)
    {
        var slide = steps.Slide;
        using var instances = SpooledInstances.Open(slide, steps.Instances);
        if (await Task.Run(() => instances.Receipts.FirstOrDefault(r => !slide.IsIntact(r)), cancellationToken) is { } damaged)
            throw new SpoolException($"Instance {damaged.SopInstanceUid} was damaged in the spool; the scanner must send it again.");

        var output = new DestinationOutput(slide, instances, destination);
        var (notes, refusal) = await Task.Run(() => output.Write(delivery.PartPath, cancellationToken), cancellationToken);
        if (refusal is not null)
        {
            var format = destination.Settings.FormatName + (destination.KeyFile is null ? "" : ", de-identified,");
            await FailAsync(steps, $"It cannot become {format} without loss: {refusal.Reason} ({refusal.Attribute})");
            return null;
        }

        if (steps.Current is not { } current)
            return null;
        var manifest = names.Reserve(slide.Record!, current.Manifest, output.Named) with { Notes = notes, IsPseudonymous = destination.KeyFile is not null };
        if (!await steps.TryStepAsync(DestinationState.Delivering, $"To be delivered as {manifest.Called}.", d => d with { Manifest = manifest, IsPseudonymous = manifest.IsPseudonymous }))
            return null;
        await delivery.FlushAsync(cancellationToken);
        var comparison = Task.Run(() => output.Difference(delivery.PartPath, cancellationToken), cancellationToken);
        var written = await Task.Run(async () => await delivery.ReadBackAsync(cancellationToken), cancellationToken);
        if (await comparison is { } difference)
        {
            await FailAsync(steps, $"The output does not carry the instances' bytes; please report this. {difference}");
            return null;
        }

        return manifest with { Sha256 = written.Sha256, Bytes = written.Bytes };
    }

    // The hash is in the record before the name is anybody's.
    private async Task<Manifest?> PublishAsync(Manifest manifest, (IImageStore Store, ImageDelivery Delivery) to, DestinationSteps steps, CancellationToken cancellationToken)
    {
        while (true)
        {
            var named = manifest;
            if (!await steps.TryStepAsync(DestinationState.Delivering, $"To be delivered as {named.Called}.", d => d with { Manifest = named }))
                return null;
            if (await to.Delivery.TryPublishAsync(named.Path, cancellationToken))
                return named;
            if (await to.Store.ReadBackAsync(named.Path, cancellationToken) == Output(named))
            {
                await to.Delivery.RemoveAsync(cancellationToken);
                return named;
            }

            manifest = names.Next(named);
            if (!named.IsPseudonymous)
                Log.NameTaken(log, named.Path, steps.Slide.Key.SeriesInstanceUid, manifest.Path);
        }
    }

    private async Task<bool> VerifyAsync(Manifest manifest, DestinationSteps steps, CancellationToken cancellationToken)
    {
        if (!await steps.TryStepAsync(DestinationState.Delivered, $"Delivered as {manifest.Called}."))
            return false;
        var store = await stores.OpenAsync(manifest.Location, cancellationToken);
        var found = await Task.Run(async () => await store.ReadBackAsync(manifest.Path, cancellationToken), cancellationToken);
        if (found != Output(manifest))
        {
            await FailAsync(steps, found is null ? $"{manifest.Called} was delivered and is gone." : $"{manifest.Called} is not what was delivered.");
            return false;
        }

        var isTaken = await steps.TryStepAsync(
            DestinationState.Verified, $"{manifest.Called} was read back and is what was sent.", d => d with { Strikes = 0, Setbacks = 0, NotBefore = null });
        if (isTaken)
            Log.DestinationReached(log, steps.Slide.Key.SeriesInstanceUid, destination.Name, manifest.Bytes ?? 0);
        return isTaken;
    }

    private async Task FailAsync(DestinationSteps steps, string reason)
    {
        if (await steps.TryStepAsync(DestinationState.Failed, reason))
            Log.DestinationNeedsAttention(log, steps.Slide.Key.SeriesInstanceUid, destination.Name, reason);
    }

    // What is left there the next attempt removes before it begins.
    private async Task RemoveAsync(ImageDelivery delivery)
    {
        try
        {
            await delivery.RemoveAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.StoreUnavailable(log, e.Message);
        }
    }

    private static StoredOutput Output(Manifest manifest) => new(manifest.Sha256!, manifest.Bytes!.Value);
}
