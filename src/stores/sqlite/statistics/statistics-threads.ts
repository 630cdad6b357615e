/** The calls about statistics that the reader threads answer. */
import { systemClock } from '../../../core/clock.ts'
import { openDuplicateSummaryReader } from './duplicate-summary-reader.ts'
import { type HistogramReaderOptions, openHistogramReader } from './histogram-reader.ts'
import { openRateReader } from './rate-reader.ts'

export type StatisticsReader = ReturnType<typeof openStatisticsReader>

export function openStatisticsReader({ db, ring }: Omit<HistogramReaderOptions, 'clock'>) {
  const { readCopies, summariseByEvent, summariseBySource } = openDuplicateSummaryReader(db)
  return {
    countEvents: openHistogramReader({ db, ring, clock: systemClock }),
    readRates: openRateReader(db),
    readCopies,
    summariseByEvent,
    summariseBySource,
  }
}
