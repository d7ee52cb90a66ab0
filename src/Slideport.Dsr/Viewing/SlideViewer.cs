using System.Globalization;
using Slideport.Database;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.ImageStore;
using Slideport.Slides;
using Slideport.Slides.Svs;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Viewing;

/// <summary>Slides for browsers: opens them where they lie, hands on the tiles a browser decodes itself, and has the others made.</summary>
internal sealed class SlideViewer : IDisposable
{
    // Beyond that whoever asks is told to come again.
    private const int MaxWaitingPerReader = 32;

    private readonly OpenSlides _slides;
    private readonly PixelPool _pixels;
    private readonly PictureCache _pictures;
    private readonly SemaphoreSlim _readers;
    private readonly int _maxWaiting;
    private int _waiting;

    /// <summary>A viewer; no slide is open yet.</summary>
    /// <param name="find">Where the slide of an id lies; null: there is none.</param>
    /// <param name="program">What decodes: this program itself as a rule.</param>
    /// <param name="options">What it may take.</param>
    /// <param name="time">Clock for what is kept.</param>
    internal SlideViewer(Func<string, CancellationToken, ValueTask<SlideFile?>> find, PixelProgram program, ViewerOptions options, TimeProvider time)
    {
        _slides = new OpenSlides(find, options.OpenSlides, time);
        _pixels = new PixelPool(program, options.PixelProcesses, time);
        _pictures = new PictureCache(options.CacheBytes);
        _readers = new SemaphoreSlim(options.Readers);
        _maxWaiting = MaxWaitingPerReader * options.Readers;
    }

    /// <summary>Opens a slide, or finds it open.</summary>
    /// <param name="id">32 lower-case hexadecimal digits.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SlideNotFoundException">There is none of that id.</exception>
    internal async Task<SlideLease> OpenAsync(string id, CancellationToken cancellationToken) =>
        (SlideId.IsMeant(id) ? await _slides.RentAsync(id, cancellationToken) : null)
        ?? throw new SlideNotFoundException("There is no such slide.");

    /// <summary>Looks for a slide that there is not, and has a picture made that nobody sees: the first who looks at a slide does not wait until all that has been set up.</summary>
    internal async Task WarmUpAsync()
    {
        await Task.Yield(); // nobody waits for this either
        try
        {
            using var none = await _slides.RentAsync(SlideId.None, CancellationToken.None);
            await _pixels.MakeAsync(ColorTable.Request(0), [ColorTable.AsScanned], CancellationToken.None);
        }
        catch (Exception e) when (e is PixelException or IOException or ViewerBusyException || DatabaseFailures.Of(e) is not null)
        {
            // Whoever needs it is told.
        }
    }

    /// <summary>Has a slide opened anew the next time: its files are others.</summary>
    internal void Forget(string id) => _slides.Forget(id);

    /// <summary>Reads a tile as it is stored.</summary>
    /// <exception cref="SlideException">It is damaged.</exception>
    /// <exception cref="IOException">The store is away.</exception>
    internal async Task<ViewTile> ReadAsync(SlideLease lease, LevelView level, int column, int row, CancellationToken cancellationToken) =>
        await ReadingAsync(lease, () => level.Read(column, row), cancellationToken);

    /// <summary>Does something that reads from a slide's store; no more than so many do at once.</summary>
    /// <exception cref="ViewerBusyException">Too many wait already.</exception>
    internal async Task<T> ReadingAsync<T>(SlideLease lease, Func<T> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > _maxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new ViewerBusyException();
        }

        try
        {
            await _readers.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            return work(); // here: the change to another thread of the pool costs more than reading a tile
        }
        catch (IOException)
        {
            lease.Forget(); // its files may be others by now
            throw;
        }
        finally
        {
            _readers.Release();
        }
    }

    /// <summary>A picture that must be made, or was kept.</summary>
    /// <param name="id">The slide's id: what is kept outlives the lease.</param>
    /// <param name="lease">The slide; stays open until the picture is made, whether anybody still waits for it or not.</param>
    /// <param name="plan">What it is made of.</param>
    /// <param name="form">Size, rotation, format; the rest of the request comes from the plan.</param>
    /// <param name="cancellationToken">Ends the wait, not the making.</param>
    /// <exception cref="SlideException">A tile is damaged.</exception>
    /// <exception cref="IOException">The store is away.</exception>
    internal Task<byte[]> MakeAsync(string id, SlideLease lease, RegionPlan plan, PictureForm form, CancellationToken cancellationToken)
    {
        var level = plan.Level.Level;
        var what = string.Create(
            CultureInfo.InvariantCulture, $"{plan.Level.Index} {level.Width} {level.Height} {level.Coding} {plan.X} {plan.Y} {plan.Width} {plan.Height} {form}");
        return _pictures.GetAsync(new PictureKey(id, lease.Slide.Version, what), () => MakeAsync(lease.Share(), plan, form), cancellationToken);
    }

    /// <summary>What becomes of a slide's colours in sRGB by its ICC profile: a <see cref="ColorTable"/> as a PNG. Made, or kept.</summary>
    /// <exception cref="SlideException">The profile is damaged, or not one of RGB.</exception>
    /// <exception cref="IOException">The store is away.</exception>
    internal Task<byte[]> MakeColorsAsync(string id, SlideLease lease, ColorProfile profile, CancellationToken cancellationToken) =>
        _pictures.GetAsync(new PictureKey(id, lease.Slide.Version, "colors"), () => MakeColorsAsync(lease.Share(), profile), cancellationToken);

    public void Dispose()
    {
        _pixels.Dispose();
        _slides.Dispose();
        _readers.Dispose();
    }

    private async Task<byte[]> MakeColorsAsync(SlideLease shared, ColorProfile profile)
    {
        using var lease = shared;
        await Task.Yield();
        using var patience = new CancellationTokenSource(PixelLimits.Patience + PixelLimits.Patience);
        var bytes = await ReadingAsync(lease, () => Read(profile), patience.Token);
        return await InTimeAsync(_pixels.MakeAsync(ColorTable.Request(bytes.Length), [ColorTable.AsScanned, bytes], patience.Token));
    }

    private static byte[] Read(ColorProfile profile)
    {
        var length = profile.Length;
        if (length > PixelLimits.MaxProfileBytes)
            throw new SlideException($"Its colour profile has {length} bytes, which are too many");
        var bytes = new byte[length];
        return profile.Source.Read(bytes, profile.Range.Offset) == length ? bytes : throw new SlideException("The file ends inside its colour profile");
    }

    private static async Task<byte[]> InTimeAsync(Task<byte[]> made)
    {
        try
        {
            return await made;
        }
        catch (OperationCanceledException e)
        {
            throw new ImageStoreException(ImageStoreFailure.Offline, "The picture could not be made in time.", e);
        }
    }

    private async Task<byte[]> MakeAsync(SlideLease shared, RegionPlan plan, PictureForm form)
    {
        using var lease = shared;
        await Task.Yield();
        using var patience = new CancellationTokenSource(PixelLimits.Patience + PixelLimits.Patience);
        var tiles = await ReadingAsync(lease, () => Collect(plan), patience.Token);
        try
        {
            var request = plan.Request(form.Width, form.Height) with
            {
                Rotation = form.Rotation,
                IsMirrored = form.IsMirrored,
                Colors = form.Colors,
                Format = form.Format,
                Tiles = [.. tiles.Select(t => new PixelTile(t.X, t.Y, t.Tile.Bytes.Length, t.Tile.IsJpeg))],
            };
            return await InTimeAsync(_pixels.MakeAsync(request, [.. tiles.Select(t => t.Tile.Bytes)], patience.Token));
        }
        finally
        {
            foreach (var tile in tiles)
                tile.Tile.Dispose();
        }
    }

    private static List<(int X, int Y, ViewTile Tile)> Collect(RegionPlan plan)
    {
        List<(int X, int Y, ViewTile Tile)> tiles = [];
        var bytes = 0L;
        try
        {
            var (columns, rows, level) = (plan.Columns, plan.Rows, plan.Level);
            for (var row = rows.First; row <= rows.Last; row++)
            {
                for (var column = columns.First; column <= columns.Last; column++)
                {
                    var tile = level.Read(column, row);
                    tiles.Add((column * level.Level.TileWidth - plan.X, row * level.Level.TileHeight - plan.Y, tile));
                    bytes += tile.Bytes.Length;
                    if (bytes > PixelLimits.MaxCodedBytes)
                        throw new SlideException("A picture of this part would be made of too many bytes: the slide has no smaller level");
                }
            }

            return tiles;
        }
        catch
        {
            tiles.ForEach(t => t.Tile.Dispose());
            throw;
        }
    }
}

/// <summary>What a picture that is made looks like.</summary>
/// <param name="Width">Pixels across, before it is turned.</param>
/// <param name="Height">Pixels down.</param>
internal sealed record PictureForm(int Width, int Height)
{
    public int Rotation { get; init; }

    public bool IsMirrored { get; init; }

    public PictureColors Colors { get; init; }

    public PictureFormat Format { get; init; }
}
