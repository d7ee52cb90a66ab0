using Slideport.Converter.Spool;

namespace Slideport.Converter.Destinations;

/// <summary>Brings slides to a destination, which is an image store or a PACS.</summary>
internal interface IDestinationDelivery
{
    /// <summary>Takes a slide as far on its way as it goes now, from whichever state it is in.</summary>
    /// <returns>Whether the destination has shown that it takes slides: an attempt that ended before it was asked, or that it did not do its part of, shows nothing.</returns>
    /// <exception cref="SpoolException">The spool is in the way.</exception>
    /// <exception cref="IOException">The destination is in the way.</exception>
    Task<bool> DeliverAsync(DestinationSteps steps, CancellationToken cancellationToken);
}
