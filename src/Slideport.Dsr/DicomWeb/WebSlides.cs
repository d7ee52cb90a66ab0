using Microsoft.AspNetCore.Http;
using Slideport.Dsr.Api;
using Slideport.Dsr.Database;
using Slideport.Dsr.Sam;
using Slideport.Dsr.Viewing;

namespace Slideport.Dsr.DicomWeb;

/// <summary>Slides by their DICOM names: found in the catalogue, opened where they lie, and their opening noted.</summary>
internal sealed class WebSlides(WebCatalogue catalogue, SlideViewer viewer, WebInstances instances, Openings openings)
{
    internal SlideViewer Viewer => viewer;

    internal WebCatalogue Catalogue => catalogue;

    /// <summary>Opens a slide.</summary>
    internal async Task<WebSlide> OpenAsync(CatalogueSlide entry, CancellationToken cancellationToken)
    {
        var lease = await viewer.OpenAsync(entry.Id, cancellationToken);
        try
        {
            return new WebSlide(entry, lease, await viewer.ReadingAsync(lease, () => instances.Of(lease.Slide, entry), cancellationToken));
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Opens the slide of a series.</summary>
    /// <exception cref="DicomWebException">There is none.</exception>
    internal async Task<WebSlide> OpenAsync(string study, string series, CancellationToken cancellationToken) =>
        await OpenAsync((await catalogue.FindAsync(study, series, cancellationToken))[0], cancellationToken);

    /// <summary>Notes for SAM's audit trail that somebody has opened a slide; returns when it is durable, before anything of the slide is shown.</summary>
    internal ValueTask NoteAsync(HttpContext http, CatalogueSlide entry, string purpose) =>
        openings.NoteAsync(entry.Id, (Policies.NameOf(http.User), http.Source(), purpose), http.RequestAborted);
}

/// <summary>A slide that stays open until this is disposed of.</summary>
internal sealed class WebSlide(CatalogueSlide entry, SlideLease lease, IReadOnlyList<WebInstance> instances) : IDisposable
{
    internal CatalogueSlide Entry => entry;

    internal SlideLease Lease => lease;

    internal IReadOnlyList<WebInstance> Instances => instances;

    /// <summary>One of its instances.</summary>
    /// <exception cref="DicomWebException">It has none of this name.</exception>
    internal WebInstance Find(string uid) => instances.FirstOrDefault(i => i.Uid == uid) ?? throw DicomWebException.NotFound("There is no such instance in the series.");

    /// <summary>That one, or all where none is named.</summary>
    internal IReadOnlyList<WebInstance> FindAll(string? uid) => uid is null ? instances : [Find(uid)];

    public void Dispose() => lease.Dispose();
}
