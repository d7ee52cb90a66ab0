using Microsoft.Extensions.Logging;
using Slideport.Converter.Delivery;
using Slideport.Converter.Receiving;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Dicom;
using Slideport.ImageStore;
using Slideport.Protocol.Configuration;
using Slideport.Slides;

namespace Slideport.Converter.Converting;

/// <summary>From instances to a finished output in the store's hidden part. The caller holds the slide's <c>Work</c>.</summary>
internal sealed class SlideConversion
{
    private readonly SlideSpool _spool;
    private readonly ImageStores _stores;
    private readonly SlideNames _names;
    private readonly Attempts _attempts;
    private readonly KnownScanners _scanners;
    private readonly ILogger _log;

    internal SlideConversion(SlideSpool spool, ImageStores stores, SlideNames names, Attempts attempts, (KnownScanners Scanners, ILogger Log) surroundings)
    {
        _spool = spool;
        _stores = stores;
        _names = names;
        _attempts = attempts;
        (_scanners, _log) = surroundings;
    }

    /// <summary>Adds the instances that have come to the output under construction. What is in the way now is met again, and told, at conversion.</summary>
    internal async Task AssembleAheadAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        try
        {
            await AssembleAsync(slide, slide.Arriving(), cancellationToken);
        }
        catch (Exception e) when (e is IOException or SlideException or UnauthorizedAccessException)
        {
            Log.AssemblyAheadStopped(_log, slide.Key.SeriesInstanceUid, e.Message);
            slide.GiveUpArriving();
            await _attempts.ReleaseAsync(slide);
        }
    }

    /// <summary>The same of a slide of which no instance is whole yet; one that will have none is dropped.</summary>
    internal async Task AssembleFirstAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        await AssembleAheadAsync(slide, cancellationToken);
        if (slide.Arriving().Length > 0)
            return;
        await _attempts.ReleaseAsync(slide);
        await _spool.DropIfEmptyAsync(slide);
    }

    /// <summary>Why the slide is not whole, as a sentence; null when it is. Needs the spool only, whatever the store is doing.</summary>
    internal async Task<string?> MissingAsync(SpooledSlide slide)
    {
        if (slide.Record!.Lost is [var lost, ..])
            return $"Instance {lost} was damaged in the spool; the scanner must send it again.";
        return (await AssemblyAsync(slide)).Missing();
    }

    /// <summary>Complete → Converting → Delivering; or Waiting, Failed, or back to Receiving when an instance came meanwhile.</summary>
    internal async Task ConvertAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        if (!await TryBeginAsync(slide))
            return;
        try
        {
            await AssemblyAsync(slide);
            if (await FirstDamagedAsync(slide, cancellationToken) is { } damaged)
            {
                await _attempts.SetAsideAsync(slide, damaged, "Its bytes are not those that were acknowledged.");
                return;
            }

            await AssembleAsync(slide, [], cancellationToken);
            var assembly = slide.Assembly!;
            var (notes, refusal) = assembly.Finish(cancellationToken);
            if (refusal is not null)
            {
                await _attempts.GiveUpAsync(slide, $"It cannot become {assembly.Settings.FormatName} without loss: {refusal.Reason} ({refusal.Attribute})");
                return;
            }

            var output = new NamedOutput(assembly.Settings, assembly.Receipts, assembly.Metadata(), slide.Record!.ImageId);
            var manifest = _names.Reserve(slide.Record, slide.Record.Manifest, output);
            if (manifest.Attempt > 1 && assembly.Settings.Repeats == RepeatRule.SetAside && !slide.Record.MayRepeat)
            {
                await SlideSpool.ChangeAsync(slide, r => r with { Manifest = manifest });
                await _attempts.SetRepeatAsideAsync(slide, manifest);
                return;
            }

            await FinishAsync(slide, manifest with { Notes = notes, IsAsReceived = assembly.Settings.Format == OutputFormat.Dicom });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await _attempts.SetBackAsync(slide, e.Message);
        }
        catch (Exception e) when (e is DicomException or SlideException)
        {
            await _attempts.GiveUpAsync(slide, $"It cannot be converted: {e.Message}");
        }
    }

    // An instance may have come since the decision: then the slide is not complete any more, and this is not its turn.
    private async Task<bool> TryBeginAsync(SpooledSlide slide)
    {
        // What there is of the output has the name of a revision that further destinations have got without these instances.
        if (HasOutgrownDestinations(slide))
            await _attempts.ReleaseAsync(slide);
        await slide.Gate.WaitAsync(CancellationToken.None);
        try
        {
            if (slide.Record!.State != SlideState.Complete)
                return false;
            if (slide.Record.Lost is [var lost, ..])
            {
                _spool.Step(slide, SlideState.Waiting, $"Instance {lost} was damaged in the spool; the scanner must send it again.");
                return false;
            }

            if (HasOutgrownDestinations(slide))
                _spool.OutgrowDestinations(slide);
            _spool.Step(slide, SlideState.Converting, "Conversion began.");
            return true;
        }
        finally
        {
            slide.Gate.Release();
        }
    }

    private static bool HasOutgrownDestinations(SpooledSlide slide) => slide.Record!.Whole is { } whole && slide.HasMoreThan(whole);

    // The output under construction, with all instances known to it. One that was made from an instance since replaced is begun again.
    private async Task<SlideAssembly> AssemblyAsync(SpooledSlide slide)
    {
        if (slide.Assembly?.IsOutdated(slide) == true)
            await _attempts.ReleaseAsync(slide);
        var assembly = slide.Assembly ??= new SlideAssembly(_scanners.SettingsOf(slide.Key.Scanner));
        assembly.Add(slide);
        return assembly;
    }

    // With what has come, and with what is there of those that are arriving: known before those that have come are looked up.
    private async Task AssembleAsync(SpooledSlide slide, ArrivingInstance[] arriving, CancellationToken cancellationToken)
    {
        var assembly = await AssemblyAsync(slide);
        if (assembly.HoldsOther(arriving))
            await assembly.CloseDeliveryAsync();
        if (assembly.Delivery is null)
        {
            // A setting that cannot be followed is no reason to put the slide anywhere else: it waits until somebody has mended it.
            if (assembly.Settings.Problem is { } problem)
                throw new ImageStoreException(ImageStoreFailure.Offline, problem);
            var store = await _stores.OpenAsync(assembly.Settings.Location, cancellationToken);
            await assembly.OpenAsync(store.Begin(slide.Record?.DeliveryKey ?? slide.Key.Name), cancellationToken);
        }

        // Each instance is read once for its hash and once by the kernel for the copy, side by side, while the next one is still on its way.
        var intact = FirstDamagedAsync(slide, cancellationToken);
        assembly.Copy(arriving, cancellationToken);
        await intact;
    }

    private static async Task<Receipt?> FirstDamagedAsync(SpooledSlide slide, CancellationToken cancellationToken)
    {
        foreach (var receipt in slide.Receipts())
        {
            if (!await slide.IsIntactAsync(receipt, cancellationToken))
                return receipt;
        }

        return null;
    }

    // The manifest names what is in the output; whoever came since gets another conversion before anything is published.
    private async Task FinishAsync(SpooledSlide slide, Manifest manifest)
    {
        await slide.Gate.WaitAsync(CancellationToken.None);
        try
        {
            if (slide.HasMoreThan(manifest))
                _spool.Step(slide, SlideState.Receiving, "An instance came during conversion.", r => r with { Manifest = manifest, Committed = false });
            else
                _spool.Step(slide, SlideState.Delivering, $"Converted; to be delivered as '{manifest.Path}'.", r => r with { Manifest = manifest, Setbacks = 0 });
        }
        finally
        {
            slide.Gate.Release();
        }

        if (slide.Record!.State == SlideState.Receiving)
            await _attempts.ReleaseAsync(slide);
    }
}
