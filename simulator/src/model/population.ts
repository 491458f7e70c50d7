import { SEATS } from '../events/event-id';
import { pick, Purpose, Random, thresholds } from '../random';
import { Classrooms } from './classrooms';
import { COHORTS } from './cohorts';
import type { StreamVersion } from './config';
import { Enrolment, NEVER } from './enrolment';
import { NETWORKS, PLAYBACK_RATE_SHARES, PRESETS, SEGMENT_MIX, type SegmentMix } from './event-mix';
import { PERSONA } from './motivation';

// Taken out of the global object once: test runners look globals up slowly, and this code runs for every event.
const { exp, floor, sqrt } = Math;

const networkLimits = thresholds(NETWORKS.map(({ share }) => share));
const rateLimits = thresholds(PLAYBACK_RATE_SHARES);
const deviceLimits = SEGMENT_MIX.map(({ devices }) => thresholds(devices));
export const pickDevice = (segment: number, bits: number): number => pick(deviceLimits[segment], bits);

/**
 * Everything about a student that does not change, as typed arrays of about 20 bytes a seat: cheap to hold for 100,000 students and
 * too dear to draw again for every event. Index = student number − 63.
 */
export class Population {
  readonly classrooms: Classrooms;
  /** Sessions a week of a plain week. */
  readonly rate: Float32Array;
  /** Latent motivation at the begin of a term, standard normal. */
  readonly motivation: Float32Array;
  readonly network: Uint8Array;
  /** Main device. */
  readonly device: Uint8Array;
  /** Index into PLAYBACK_RATES. */
  readonly playback: Uint8Array;
  /** Local day of the enrolment; NEVER for a seat that is never taken. */
  readonly enrolledDay: Int32Array;
  /** Local day of the withdrawal; NEVER for students who stay. */
  readonly unenrolledDay: Int32Array;
  private readonly mix: readonly SegmentMix[];

  constructor(
    readonly seed: number,
    versions: readonly StreamVersion[],
  ) {
    this.classrooms = new Classrooms(seed, versions);
    this.mix = PRESETS[versions[0].config.preset].segments;
    const seats = this.classrooms.count * SEATS;
    this.rate = new Float32Array(seats);
    this.motivation = new Float32Array(seats);
    this.network = new Uint8Array(seats);
    this.device = new Uint8Array(seats);
    this.playback = new Uint8Array(seats);
    this.enrolledDay = new Int32Array(seats).fill(NEVER);
    this.unenrolledDay = new Int32Array(seats).fill(NEVER);
    const enrolment = new Enrolment(seed, versions);
    for (let room = 0; room < this.classrooms.count; room++) this.fillRoom(room, enrolment);
  }

  exists(index: number): boolean {
    return index >= 0 && index < this.enrolledDay.length && this.enrolledDay[index] !== NEVER;
  }

  cohortIndex(index: number): number {
    return this.classrooms.cohort[floor(index / SEATS)];
  }

  segment(index: number): number {
    return this.classrooms.segment[floor(index / SEATS)];
  }

  private fillRoom(room: number, enrolment: Enrolment): void {
    const { segment, cohort, size, version } = this.classrooms;
    const first = room * SEATS;
    const days = enrolment.room(room, COHORTS[cohort[room]], segment[room], size[room], version[room]);
    days.forEach((enrolled, seat) => {
      const index = first + seat;
      this.drawPersona(index, segment[room]);
      this.enrolledDay[index] = enrolled.day;
      this.unenrolledDay[index] = enrolment.leavingDay(
        index,
        COHORTS[cohort[room]],
        segment[room],
        enrolled,
        this.motivation[index],
      );
    });
  }

  private drawPersona(index: number, segment: number): void {
    const random = scratch.seed(this.seed, Purpose.persona, index, 0);
    const motivation = random.normal();
    const other = random.normal();
    const { sessionsPerWeek, rateSpread } = this.mix[segment];
    const drive = PERSONA.motivationOnRate * motivation + sqrt(1 - PERSONA.motivationOnRate ** 2) * other;
    this.motivation[index] = motivation;
    this.rate[index] =
      sessionsPerWeek * PERSONA.trendLoss[segment] * exp(rateSpread * drive - (rateSpread * rateSpread) / 2);
    this.network[index] = pick(networkLimits, random.bits());
    this.device[index] = pickDevice(segment, random.bits());
    this.playback[index] = pick(rateLimits, random.bits());
  }
}

const scratch = new Random();
